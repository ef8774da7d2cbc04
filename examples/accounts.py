# SPDX-License-Identifier: BSL-1.0
"""A client of account_server. Usage: accounts.py SOCKET AUTHKEY"""

import sys
from multiprocessing.managers import BaseManager


class Manager(BaseManager):
    pass


Manager.register('Account')
Manager.register('bank')

manager = Manager(address=sys.argv[1], authkey=sys.argv[2].encode())
manager.connect()
account = manager.Account(owner='ann')
account.deposit(100)
print(account.withdraw(30), account)
print(manager.bank().open('bob').get_balance())
