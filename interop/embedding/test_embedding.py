# SPDX-License-Identifier: BSL-1.0
"""Unmodified Python as the client of a C++ program that serves classes of its own."""

import importlib
import inspect
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
from multiprocessing.managers import BaseManager, RemoteError, SyncManager

from interop.serving import BIN, client_address

PROGRAM = os.path.abspath(os.path.join(BIN, "account_server"))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KEY = "interop tests"


class Manager(SyncManager):
    pass


for typeid in ("Account", "Bank", "bank", "version"):
    Manager.register(typeid)


class Embedding(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="pickled-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.server = subprocess.Popen(
            [PROGRAM, "unix:" + os.path.join(self.directory, "socket"), KEY],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
        self.addCleanup(self.end)
        self.address = client_address(self.server.stdout.readline().strip())
        self.manager = self.connect(Manager)

    def connect(self, manager_class):
        manager = manager_class(address=self.address, authkey=KEY.encode())
        manager.connect()
        return manager

    def end(self):
        """It ends in order, and has nothing to complain of."""
        if self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
            _, errors = self.server.communicate(timeout=60)
            self.assertEqual((self.server.returncode, errors), (0, ""))

    def raises(self, exception, text, function, *args, **kwds):
        with self.assertRaises(exception) as raised:
            function(*args, **kwds)
        self.assertEqual((type(raised.exception), str(raised.exception)), (exception, text))

    def test_methods_are_called(self):
        account = self.manager.Account("ann")
        self.assertIsNone(account.deposit(100))
        self.assertEqual(account.withdraw(30), 70)
        self.assertEqual(account.withdraw(amount=20), 50)
        self.assertEqual(account.withdraw(), 49)
        self.assertEqual(account.get_balance(), 49)

    def test_constructors_take_keywords(self):
        self.assertEqual(str(self.manager.Account(owner="ann")), "<account of ann>")
        with self.assertRaises(RemoteError) as raised:
            self.manager.Account()
        self.assertIn("TypeError: Account.__init__() missing 1 required positional argument: "
                      "'owner'", str(raised.exception))

    def test_calls_that_do_not_fit_are_type_errors(self):
        account = self.manager.Account("ann")
        self.raises(TypeError,
                    "Account.deposit() missing 1 required positional argument: 'amount'",
                    account.deposit)
        self.raises(TypeError,
                    "Account.deposit() takes 2 positional arguments but 3 were given",
                    account.deposit, 1, 2)
        self.raises(TypeError, "Account.deposit() got an unexpected keyword argument 'many'",
                    account.deposit, many=1)
        self.raises(TypeError, "Account.deposit() argument 'amount': expected int, got str",
                    account.deposit, "much")

    def test_exceptions_are_pythons(self):
        account = self.manager.Account("ann")
        self.raises(ValueError, "an amount is positive", account.deposit, -1)
        with self.assertRaises(IndexError):
            self.manager.bank()["nobody"]
        account.deposit(5)
        self.assertEqual(account.get_balance(), 5)

    def test_objects_are_found_by_name(self):
        self.manager.bank().open("ann").deposit(7)
        self.assertEqual(self.connect(Manager).bank()["ann"].get_balance(), 7)

    def test_methods_hand_out_and_take_proxies(self):
        bank = self.manager.bank()
        ann, bob = bank.open("ann"), bank.open("bob")
        ann.deposit(10)
        bank.transfer(ann, bob, 4)
        self.assertEqual((ann.get_balance(), bob.get_balance()), (6, 4))
        self.raises(TypeError, "Bank.transfer() argument 'to': expected a proxy of an object of "
                    "its class here, got int", bank.transfer, ann, 1, 1)

    def test_operators_and_properties(self):
        bank = self.manager.bank()
        bank.open("ann")
        bank.open("bob")
        self.assertEqual(len(bank), 2)
        self.assertEqual(list(bank), ["ann", "bob"])
        self.assertTrue("ann" in bank)
        self.assertFalse("carl" in bank)
        bank.set_name("ours")
        self.assertEqual(bank.get_name(), "ours")

    def test_functions(self):
        version = self.manager.version()
        self.assertEqual((str(version), version._getvalue()), ("'1.0'", "1.0"))

    def test_the_types_of_sync_managers_are_there(self):
        shared = self.manager.dict()
        shared["account"] = self.manager.Account("ann")
        shared["account"].deposit(3)
        self.assertEqual(shared["account"].get_balance(), 3)

    def test_what_nobody_needs_goes(self):
        account = self.manager.Account("ann")
        before = self.manager._number_of_objects()
        del account
        self.assertEqual(self.manager._number_of_objects(), before - 1)

    def test_a_method_may_block(self):
        account = self.manager.Account("ann")
        richer = threading.Thread(target=account.await_balance, args=(3,))
        richer.start()
        for _ in range(3):
            self.assertTrue(richer.is_alive())
            account.deposit(1)
        richer.join(60)
        self.assertFalse(richer.is_alive())

    def test_a_method_that_waits_does_not_keep_it_alive(self):
        account = self.manager.Account("ann")
        waiting = threading.Thread(target=self.lost, args=(account.await_balance, 1))
        waiting.start()
        self.end()
        waiting.join(60)
        self.assertFalse(os.path.exists(self.address))

    def lost(self, function, *args):
        with self.assertRaises((EOFError, OSError)):
            function(*args)

    def test_one_call_of_an_object_at_a_time(self):
        account = self.manager.Account("ann")

        def deposit():
            for _ in range(200):
                account.deposit(1)
        threads = [threading.Thread(target=deposit) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(account.get_balance(), 1600)

    def test_example(self):
        done = subprocess.run([sys.executable, os.path.join(ROOT, "examples", "accounts.py"),
                               self.address, KEY], check=True, stdout=subprocess.PIPE, timeout=60)
        self.assertEqual(done.stdout.decode(), "70 <account of ann>\n0\n")

    def test_stubs_are_ready_to_import(self):
        with open(os.path.join(self.directory, "accounts.py"), "wb") as file:
            file.write(subprocess.run([PROGRAM, "--python-stubs"], check=True,
                                      stdout=subprocess.PIPE).stdout)
        sys.path.insert(0, self.directory)
        self.addCleanup(sys.path.remove, self.directory)
        accounts = importlib.import_module("accounts")
        self.addCleanup(sys.modules.pop, "accounts")
        self.assertTrue(issubclass(accounts.Manager, BaseManager))
        accounts.Manager.register("bank", proxytype=accounts.BankProxy)
        manager = self.connect(accounts.Manager)
        account = manager.Account(owner="ann")
        account.deposit(amount=2)
        self.assertEqual((account.withdraw(), account.balance), (1, 1))
        self.raises(accounts.Overdrawn, "there is not so much", account.withdraw, 5)
        self.assertEqual(accounts.AccountProxy.deposit.__doc__, "Puts money in.")
        self.assertEqual(str(inspect.signature(accounts.AccountProxy.withdraw)),
                         "(self, amount: 'int' = 1) -> 'int'")
        self.assertEqual(str(inspect.signature(manager.Account)),
                         "(owner: 'str') -> 'AccountProxy'")
        bank = manager.bank()
        bank.name = "ours"
        self.assertEqual(bank.name, "ours")
        self.assertIsInstance(bank.open("bob"), accounts.AccountProxy)
        self.assertEqual(manager.version()._getvalue(), "1.0")


if __name__ == "__main__":
    unittest.main()
